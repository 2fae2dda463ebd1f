"""The interactive panels of the lessons, a room for each."""
