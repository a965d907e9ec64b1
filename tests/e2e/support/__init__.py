"""What the end-to-end checks of `deploy/` share. Standard library and PyYAML only."""
