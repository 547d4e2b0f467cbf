using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>
/// Log methods as the generator of Microsoft.Extensions.Logging makes them, by <see cref="LoggerMessage"/>. In this project another generator takes its place,
/// that of Microsoft.Extensions.Telemetry: its states are read at once, these later.
/// </summary>
internal static class LogMethods
{
    private static readonly Action<ILogger, string, Exception?> SayCore = LoggerMessage.Define<string>(LogLevel.Information, new EventId(1, nameof(Say)), "{Text}");

    private static readonly Action<ILogger, int, Exception?> InformCore =
        LoggerMessage.Define<int>(LogLevel.Information, new EventId(2, nameof(Inform)), "line {Number}");

    private static readonly Action<ILogger, int, Exception?> FailCore =
        LoggerMessage.Define<int>(LogLevel.Error, new EventId(3, nameof(Fail)), "error {Number}");

    private static readonly Action<ILogger, int, string, double, Exception?> OrderPlacedCore =
        LoggerMessage.Define<int, string, double>(LogLevel.Error, new EventId(7, nameof(OrderPlaced)), "Order {Id} of {Customer} for {Total:F2}");

    private static readonly Action<ILogger, int, Exception?> OrderSeenCore =
        LoggerMessage.Define<int>(LogLevel.Information, new EventId(8, nameof(OrderSeen)), "order {Id}");

    private static readonly Action<ILogger, Exception?> StartedCore = LoggerMessage.Define(LogLevel.Information, new EventId(9, nameof(Started)), "started");

    public static void Say(ILogger logger, string text) => SayCore(logger, text, null);

    public static void Inform(ILogger logger, int number) => InformCore(logger, number, null);

    public static void Fail(ILogger logger, int number) => FailCore(logger, number, null);

    public static void OrderPlaced(ILogger logger, int id, string customer, double total, Exception? exception) =>
        OrderPlacedCore(logger, id, customer, total, exception);

    public static void OrderSeen(ILogger logger, int id) => OrderSeenCore(logger, id, null);

    public static void Started(ILogger logger) => StartedCore(logger, null);
}
