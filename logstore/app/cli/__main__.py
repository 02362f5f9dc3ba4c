"""`python -m logstore.app.cli`: the program `logstore` where it is not installed on the PATH."""

from logstore.app.cli import main

main()
