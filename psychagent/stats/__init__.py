"""Statistics: numbers in, numbers out; knows neither files nor models."""
