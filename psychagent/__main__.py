"""Run the command line as `python -m psychagent`."""

from psychagent.cli.main import run

if __name__ == "__main__":
    run()
