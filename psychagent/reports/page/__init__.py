"""A page for people: blocks, and how they are written as HTML and as Markdown."""
