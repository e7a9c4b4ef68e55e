"""Commands of the scoring stage. Importing this loads click and nothing heavier."""

from scoring.cli import people as people
from scoring.cli import registry as registry
from scoring.cli import train as train
from scoring.cli.score import score

COMMANDS = [score]
