using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>An ordinary provider whose data are replaced as a whole. Thread-safe, which the base class is not.</summary>
/// <param name="name">The name of the agent, for <c>GetDebugView</c>.</param>
/// <param name="table">What it has to begin with.</param>
internal sealed class AgentConfigurationProvider(string name, KeyTable table) : ConfigurationProvider, IConfigurationSource
{
    private readonly Lock _writing = new();
    private KeyTable _table = table;

    /// <summary>Itself, however often a configuration is built of its sources: what was loaded is not loaded again.</summary>
    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public override bool TryGet(string key, out string? value) => Volatile.Read(ref _table).TryGet(key, out value);

    public override IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath) =>
        Volatile.Read(ref _table).GetChildKeys(earlierKeys, parentPath);

    /// <summary>Sets a value until the next version, as that of any provider is set until its next reload.</summary>
    public override void Set(string key, string? value)
    {
        lock (_writing)
        {
            Volatile.Write(ref _table, _table.With(key, value));
        }
    }

    /// <summary>Puts another version in the place of the one before; <see cref="Tell"/> is to follow.</summary>
    public void Replace(KeyTable table)
    {
        lock (_writing)
        {
            Volatile.Write(ref _table, table);
        }
    }

    /// <summary>Tells all who listen that there is another version.</summary>
    /// <exception cref="AggregateException">Some of those threw; all were told.</exception>
    public void Tell() => OnReload();

    public override string ToString() => $"configuration agent '{name}'";
}
