namespace ConsoleApp.Orders;

/// <summary>A line of the input is not an order that can be served; the message says why, in the customer's terms.</summary>
internal sealed class InvalidOrderException(string message) : Exception(message);
