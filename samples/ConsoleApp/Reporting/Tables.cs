using SidecarPatterns;
using Spectre.Console;

namespace ConsoleApp.Reporting;

/// <summary>The tables of the program.</summary>
internal static class Tables
{
    public static Table Of(IReadOnlyList<ProductTotal> totals)
    {
        Table table = Empty("product", "items", "units", "EUR");
        foreach (ProductTotal total in totals)
            table.AddRow(total.Product.Name, $"{total.Items}", $"{total.Units}", $"{total.Euro:N2}");
        table.AddRow("total", $"{totals.Sum(t => t.Items)}", $"{totals.Sum(t => t.Units)}", $"{totals.Sum(t => t.Euro):N2}");
        return table;
    }

    public static Table Of(IReadOnlyList<SidecarSnapshot> sidecars)
    {
        Table table = Empty("sidecar", "accepted", "handled", "dead-lettered", "dropped", "restarts");
        foreach (SidecarSnapshot sidecar in sidecars)
        {
            table.AddRow(
                sidecar.Name,
                $"{sidecar.Accepted}",
                $"{sidecar.Handled}",
                $"{sidecar.DeadLettered}",
                $"{sidecar.Dropped + sidecar.Evicted}",
                $"{sidecar.Restarts}");
        }

        return table;
    }

    public static Table Of(AmbassadorSnapshot ambassador)
    {
        Table table = Empty("ambassador", "calls", "attempts", "retries", "failed", "refused", "p50", "p99");
        foreach (TableColumn column in table.Columns)
            column.PadLeft(0); // a terminal may be no wider than 80 columns
        return table.AddRow(
            ambassador.Name,
            $"{ambassador.Calls}",
            $"{ambassador.Attempts.Values.Sum()}",
            $"{ambassador.Attempts[AttemptCause.Retry]}",
            $"{ambassador.Failed}",
            $"{ambassador.Refused}",
            $"{ambassador.P50?.TotalMilliseconds:N1} ms",
            $"{ambassador.P99?.TotalMilliseconds:N1} ms");
    }

    public static Table Of(IReadOnlyList<AmbassadorEndpointSnapshot> endpoints)
    {
        Table table = Empty("endpoint", "requests", "failures", "ejections").AddColumn("circuit");
        foreach (AmbassadorEndpointSnapshot endpoint in endpoints)
            table.AddRow(endpoint.Endpoint, $"{endpoint.Requests}", $"{endpoint.Failures}", $"{endpoint.Ejections}", $"{endpoint.Circuit}");
        return table;
    }

    public static Table Of(CredentialSnapshot credential) =>
        Empty("credential", "requests", "failed", "renewals", "after a 401").AddRow(
            credential.Kind,
            $"{credential.Acquired + credential.Failed}",
            $"{credential.Failed}",
            $"{Math.Max(credential.Acquired - 1, 0)}", // all but the first
            $"{credential.Renewals}");

    public static Table OfLog(long logged, long lost, long? shipped, long? arrived) =>
        Empty("log", "logged", "lost", "shipped", "arrived").AddRow("lines", $"{logged}", $"{lost}", $"{shipped}", $"{arrived}");

    public static Table Of(ConfigurationAgentSnapshot settings) =>
        Empty("settings", "version", "looks", "refused", "failed").AddColumn("in force").AddRow(
            settings.Source,
            $"{settings.Version}",
            $"{settings.Looks}",
            $"{settings.Refused}",
            $"{settings.Failed}",
            $"{settings.Revision}");

    /// <summary>How the sidecars stand while they work.</summary>
    public static Table Watch(IReadOnlyList<SidecarSnapshot> sidecars)
    {
        // Close together: a terminal may be no wider than 80 columns.
        Table table = Empty("sidecar", "queued", "in\nflight", "handled", "dead-\nlettered", "dropped", "restarts", "busy", "state");
        table.Border(TableBorder.Simple);
        foreach (TableColumn column in table.Columns)
            column.Padding(0, 0);
        table.Columns[^1].PadLeft(1).LeftAligned();
        foreach (SidecarSnapshot sidecar in sidecars)
        {
            table.AddRow(
                sidecar.Name,
                $"{sidecar.Queued}",
                $"{sidecar.InFlight}",
                $"{sidecar.Handled}",
                $"{sidecar.DeadLettered}",
                $"{sidecar.Dropped + sidecar.Evicted}",
                $"{sidecar.Restarts}",
                $"{sidecar.BusyTime.TotalSeconds:F1} s",
                $"{sidecar.State}");
        }

        return table;
    }

    private static Table Empty(string subject, params string[] numbers)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn(subject);
        foreach (string number in numbers)
            table.AddColumn(number, column => column.RightAligned());
        return table;
    }
}
