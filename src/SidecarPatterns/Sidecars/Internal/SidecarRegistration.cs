using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>What <c>AddSidecar</c> remembers until the container is built.</summary>
internal abstract class SidecarRegistration(string name, string description)
{
    private List<string>? _dependencies; // Most have none.

    public string Name { get; } = name;

    /// <summary>What handles its messages or does its work, for error messages.</summary>
    public string Description { get; } = description;

    /// <summary>The type of its messages, if it takes any.</summary>
    public virtual Type? MessageType => null;

    /// <summary>Whether the host runs the same type as a hosted service as well.</summary>
    public virtual bool IsHostedServiceToo => false;

    /// <summary>The options of the sidecar, or <see langword="null"/> and everything that is not allowed in them.</summary>
    public (SidecarOptions? Options, IReadOnlyList<string> Failures) ReadOptions(IOptionsFactory<SidecarOptions> factory)
    {
        var (options, failures) = factory.Read(Name);
        if (options is not null)
        {
            failures = [.. FindFailures(options)];
        }

        return (failures.Count == 0 ? options : null, failures);
    }

    /// <summary>What is not allowed in the options of a sidecar of this kind, beside what is allowed in none.</summary>
    public virtual IEnumerable<string> FindFailures(SidecarOptions options)
    {
        if (options.CapacityInBytes is { } bytes && NoBytesHint is { } hint)
        {
            yield return $"{SidecarOptionRules.SectionOf(Name)}:{nameof(SidecarOptions.CapacityInBytes)} is {bytes}; allowed is nothing {hint}.";
        }
    }

    /// <summary>Why there can be no bound in bytes; <see langword="null"/> where there can.</summary>
    protected virtual string? NoBytesHint => "for a sidecar that takes no messages";

    /// <summary>The names of those that start before it, as they were given.</summary>
    public IReadOnlyList<string> Dependencies => _dependencies ?? [];

    public void DependsOn(string name) => (_dependencies ??= []).Add(name);

    /// <summary>Whether it starts before those of which that is not said.</summary>
    public bool StartsFirst { get; set; }

    /// <summary>The name of the group that it is in, as it was given.</summary>
    public string? Group { get; private set; }

    /// <exception cref="InvalidOperationException">It is in a group already.</exception>
    public void Join(string group) =>
        Group = Group is null ? group : throw new InvalidOperationException($"Sidecar '{Name}' is in group '{Group}' already: it can not be in '{group}' too.");

    public abstract SidecarWorker Build(SidecarOptions options, SidecarEnvironment environment);

    public override string ToString() => MessageType is null ? $"'{Name}' ({Description})" : $"'{Name}' ({Description}, takes {MessageType})";
}
