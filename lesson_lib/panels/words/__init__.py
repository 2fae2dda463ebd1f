"""What the panels say about their pictures, made from the measured numbers alone. A module for each panel."""
