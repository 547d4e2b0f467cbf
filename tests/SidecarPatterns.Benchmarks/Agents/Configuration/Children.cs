using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>Asks a section after the other for its ten children, as binding does.</summary>
internal sealed class Children(ConfigurationSwap swap) : IContender
{
    public Task RunAsync(int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            string section = string.Create(CultureInfo.InvariantCulture, $"Section{i % (swap.Keys / 10)}");
            if (swap.Configuration.GetSection(section).GetChildren().Count() != 10)
                throw new InvalidOperationException("Every section has ten.");
        }

        return Task.CompletedTask;
    }

    public void Dispose() => swap.Dispose();
}
