"""Faults: processes and servers are killed while adjustments stream in; a checker proves what was promised.

run.py            the command: storm, drain, check, one line a round
restore_drill.py  the command: dump under load, restore into a fresh cluster, go on
outcome.py        what one round came to, in one line
place.py          servers and processes of our own, in a folder of their own
world.py          a small province, city and zone with all lists in force
caller.py         asks a service until it answers, with one Idempotency-Key
client.py         a department and its approvers, streaming adjustments
authority.py      accepts the drafts that adjustments leave for people
journal.py        what a client was told, line by line
chaos.py          what is killed, by seed
reader.py         a reader of the feed, a process that is killed as well
subscriber.py     a subscriber with an endpoint, a process that is killed and fails
receivers.py      the subscribers: what they asked for, what they wrote down
integrator.py     who subscribes, pauses, changes a filter, asks for events again
office.py         gives tasks that are due in seconds and campaigns whose months have passed
post.py           the mail server, a process that is killed, and what it took
province.py       the provincial platform: a process that is killed, fails, loses answers, lies and complains
witness.py        looks for lists that contradict one another, all the time
drain.py          waits until nothing is under way
facts.py          what the database says
cases.py          what the journals say
acknowledged.py delivery.py closure.py proof.py sealed.py   promises 1, 2, 3, 6 and 8
subscribed.py     promises 7 and 9, from what the subscribers wrote down
governed.py       promises 1 and 2 for clocks, tasks, messages, e-mail and monthly reports
exchanged.py      promise 2 for the platform: both sides are equal, rejections have a finding
tamper.py         negative control: the checker must notice
"""
