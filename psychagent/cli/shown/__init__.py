"""How commands print: a console that nothing can steer, output that ends no command, JSON for programs."""
