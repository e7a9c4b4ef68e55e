"""Commands of the repayment stage. Importing this loads click and nothing heavier."""

from repayment.cli.dates import dates
from repayment.cli.schedule import loan

COMMANDS = [loan, dates]
