"""Quality: what is wrong with an entry by itself, and the findings people have to deal with."""
