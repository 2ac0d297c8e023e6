"""What servers do, apart from answering: refuse, stay away, run on this machine."""
