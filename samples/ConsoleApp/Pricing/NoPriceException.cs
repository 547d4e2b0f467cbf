namespace ConsoleApp.Pricing;

/// <summary>An order cannot be served, since nobody says what it costs; the message says why.</summary>
internal sealed class NoPriceException(string message) : Exception(message);
