"""The process: settings, wiring, lifecycle, HTTP API and command line. The only package that joins the others."""
