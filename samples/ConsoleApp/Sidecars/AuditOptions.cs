namespace ConsoleApp.Sidecars;

/// <summary>The settings of the audit log: <c>Audit</c> in the configuration.</summary>
internal sealed class AuditOptions
{
    /// <summary>The file that priced orders are appended to.</summary>
    /// <value>By default a new one in the folder for temporary files.</value>
    public string File { get; set; } = Path.Combine(Path.GetTempPath(), $"orders-audit-{Path.GetRandomFileName()}.ndjson");
}
