"""Training of adapters: datasets, estimates, the training itself, and export for the other back ends."""
