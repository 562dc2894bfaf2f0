"""Service guides (办事指南): the fourteen elements of an entry and its permit, for every service that shows one."""
