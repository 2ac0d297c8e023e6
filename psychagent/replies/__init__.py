"""The grammar of a model's reply: tags, stream, what may be seen, JSON."""
