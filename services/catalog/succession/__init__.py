"""What took the place of organs and regions that are no more (机构撤并、区划调整)."""
