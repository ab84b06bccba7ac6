"""The ledger: a company's tables read, checked and reduced to facts."""
