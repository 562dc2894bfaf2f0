"""What each channel is due to show and shows: put, read back, compared, alarmed."""
