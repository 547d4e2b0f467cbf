namespace ConsoleApp.Orders;

/// <summary>The settings of the intake: <c>Intake</c> in the configuration. They may change while it works.</summary>
internal sealed class IntakeOptions
{
    /// <summary>How many orders are taken in a second.</summary>
    /// <value>0 by default: as fast as they come.</value>
    public int OrdersPerSecond { get; set; }
}
