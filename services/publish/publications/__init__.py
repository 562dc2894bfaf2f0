"""Publications (公布): acts over several lists, with what decided them and what is said of them later."""
