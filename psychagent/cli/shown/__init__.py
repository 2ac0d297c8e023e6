"""How commands print: a console that nothing can steer, progress, output that ends no command, JSON."""
