"""Contacts of an organ (主要负责、分管负责、经办): who leads, who is concretely in charge, who does the work."""
