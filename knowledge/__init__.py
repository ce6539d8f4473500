"""What we know and how it is found."""
