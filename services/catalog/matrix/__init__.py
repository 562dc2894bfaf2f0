"""The responsibility matrix (清单管理制度责任分工): who leads which list in which region."""
