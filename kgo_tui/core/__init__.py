"""Pure: the model, the machine, the policy. No I/O, no asyncio, no clock."""
