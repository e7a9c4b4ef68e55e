"""Commands of this stage; heavy imports wait inside the commands."""

from origination.cli.contract import contract
from origination.cli.decide import decide
from origination.cli.kyc import kyc

COMMANDS = [contract, decide, kyc]
