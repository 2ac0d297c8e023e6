"""The script that takes the place of a language model, and says that it is not one."""
