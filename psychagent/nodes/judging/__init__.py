"""One session in front of the judge: what its calls are made of."""
