"""What the log says has become of obligations: nobody types progress (QX-53)."""
