namespace SidecarPatterns.Benchmarks;

/// <summary>Asks a section for its children after each swap, so that what is made for the first such question counts too.</summary>
internal sealed class SwapAndLook(ConfigurationSwap swap) : IContender
{
    public async Task RunAsync(int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            await swap.RunAsync(1);
            if (swap.Configuration.GetSection("Section7").GetChildren().Count() != 10)
                throw new InvalidOperationException("Every section has ten.");
        }
    }

    public void Dispose() => swap.Dispose();
}
