"""Every way a person or a program touches the product: command line, web page, HTTP API."""
