"""One machine that serves the lessons to a class: README.md says how."""
