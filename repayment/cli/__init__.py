"""Commands of the repayment stage. Importing this loads click and nothing heavier."""

from repayment.cli.acts import ACT_COMMANDS
from repayment.cli.dates import dates
from repayment.cli.day import day
from repayment.cli.loans import LOAN_COMMANDS
from repayment.cli.schedule import loan

for command in (*LOAN_COMMANDS, *ACT_COMMANDS):
    loan.add_command(command)

COMMANDS = [loan, dates, day]
