"""How a neural network is trained with mini-batches: the library behind the lessons."""
