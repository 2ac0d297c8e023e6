"""Write a file whole or not at all, read it with an error that names it, and lock a folder."""
