"""`plan`: which offers to sign, how much and when, as a stochastic programme from one buyer's chair."""
