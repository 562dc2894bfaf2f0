"""Coverage of a responsibility list: what it owes the powers, the fields, the organs and the services of its region."""
