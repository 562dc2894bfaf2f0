"""The three public slots of an entry (ZL-09): policy documents, guide, review rules; and which entries lack one."""
