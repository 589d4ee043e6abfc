"""What the tests of every package share: real servers, a database per test, a clock that can be set, factories."""
