using Microsoft.Extensions.Logging;

namespace ConsoleApp.Orders;

/// <summary>What the application logs. Whoever reads it does not learn who has ordered.</summary>
internal static partial class OrderLog
{
    [LoggerMessage(1, LogLevel.Information, "Order {Id} with {Items} item(s) comes to {Total} {Currency}")]
    public static partial void OrderPriced(ILogger logger, string id, int items, decimal total, string currency);

    [LoggerMessage(2, LogLevel.Warning, "Line {Line} is refused: {Problem}")]
    public static partial void OrderRefused(ILogger logger, long line, string problem);
}
