"""Arrays in, pictures out: what the pictures of the lessons show. A module for each kind of picture."""
