"""The providers' APIs: requests built, answers read, and the network between."""
