//! Use cases: one function for each thing that the owner, the agent or a webhook can do, each in one transaction.

pub mod person;
