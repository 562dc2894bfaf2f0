"""Faults: processes and servers are killed while adjustments stream in; a checker proves what was promised.

run.py            the command: storm, drain, check, one line a round
restore_drill.py  the command: dump under load, restore into a fresh cluster, go on
place.py          servers and processes of our own, in a folder of their own
world.py          a small province, city and zone with all lists in force
caller.py         asks a service until it answers, with one Idempotency-Key
client.py         a department and its approvers, streaming adjustments
authority.py      accepts the drafts that adjustments leave for people
journal.py        what a client was told, line by line
chaos.py          what is killed, by seed
reader.py         a subscriber of the feed, a process that is killed as well
witness.py        looks for lists that contradict one another, all the time
drain.py          waits until nothing is under way
facts.py          what the database says
cases.py          what the journals say
acknowledged.py delivery.py closure.py proof.py sealed.py   promises 1, 2, 3, 6 and 8
tamper.py         negative control: the checker must notice
"""
